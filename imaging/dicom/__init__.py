"""DICOM files, in the sandboxed child: the skeleton, the header, the first frame, and what they say together.

Knows pydicom, Pillow and numpy; no Django. `imaging.dicom.job:examine` is the only door.
"""
