from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also hashes file names in `import … from "./module.js"`, so that a script and the module that
    it imports change together. Without a hash, the module would be cached for an hour."""

    support_js_module_import_aggregation = True
