"""The exercise library. Other apps import its models from here."""

from exercises.models.equipment import Equipment, EquipmentNeed
from exercises.models.exercise import Exercise, ExerciseDraft, Muscle, MuscleWork, Pattern
from exercises.models.prescription import Amount, Prescription
from exercises.models.variation import Level, Step, Variation, VariationDraft, drawing_choices
