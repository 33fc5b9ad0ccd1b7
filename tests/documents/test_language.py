"""Spanish is told from English by its small words, and nothing is claimed of what is too short."""

import pytest

from documents.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("La paciente refiere dolor en el pecho desde hace dos meses.", "es"),
        ("SE INDICA REPOSO Y LIQUIDOS; ACUDIR A CONTROL CON LOS RESULTADOS DEL LABORATORIO", "es"),
        ("The patient reports chest pain for two months and denies fever.", "en"),
        ("Discharged home with the plan to return for a control of his pressure.", "en"),
        ("Haemoglobin 13.9 g/dl\nLeucocytes 7.2 /nl\nPlatelets 210 /nl\nCRP 3 mg/l", "en"),
        ("Hemoglobina 13.9 g/dl\nLeucocitos 7.2 /nl\nPlaquetas 210 /nl\nPCR 3 mg/l", "es"),
        ("Glucosa 126, glucose 126, sodio, sodium", ""),
        ("HbA1c 7.2 % · TSH 1.1 · LDL 98", ""),
        ("Garza Tijerina", ""),
        ("", ""),
        ("El informe dice: the patient was seen and he is well, with the wound dry.", "en"),
        ("la de el the of and", ""),
    ],
)
def test_a_text_is_in_its_language(text: str, language: str) -> None:
    assert language_of(text) == language
