"""A DICOM file as an X-ray machine writes it: its name says nothing, its header names the patient."""

import io
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import set_pixel_data
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from patients.models import Patient

_SIZE_PX = (800, 1000)
_BITS = 12


def chest(seed: int, taken_at: datetime, patient: Patient) -> bytes:
    """Twelve bits in sixteen, uncompressed, with the patient's module; the same seed gives the same bytes."""
    made = _identified(seed, patient)
    made.Modality, made.BodyPartExamined, made.Manufacturer = "DX", "CHEST", "FDR D-EVO"
    made.StudyDate = made.AcquisitionDate = taken_at.strftime("%Y%m%d")
    made.StudyTime = made.AcquisitionTime = taken_at.strftime("%H%M%S")
    set_pixel_data(made, _lungs(seed), "MONOCHROME2", _BITS, generate_instance_uid=False)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _identified(seed: int, patient: Patient) -> Dataset:
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = DigitalXRayImageStorageForPresentation
    made.StudyInstanceUID, made.SeriesInstanceUID = f"2.25.{seed}1", f"2.25.{seed}2"
    made.SOPInstanceUID = f"2.25.{seed}3"
    made.PatientID = patient.mrn
    made.PatientName = f"{patient.family_name}^{patient.given_names}"
    made.PatientBirthDate = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    made.PatientSex = patient.sex
    return made


def _lungs(seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """A chest from the front: two dark fields, a bright middle, and noise."""
    width, height = _SIZE_PX
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    fields = sum(np.exp(-(((across - side) / 0.28) ** 4) - ((down / 0.7) ** 4)) for side in (-0.42, 0.42))
    middle = np.exp(-((across / 0.14) ** 2))
    noise = np.random.default_rng(seed).normal(0, 40, (height, width))
    return np.clip(2600 - 1700 * fields + 900 * middle + noise, 0, 2**_BITS - 1).astype(np.uint16)
