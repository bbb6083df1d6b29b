from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also hashes the names in `import … from "./module.js"`. A script and the module it imports
    then change together; unhashed files are cached for an hour."""

    support_js_module_import_aggregation = True
