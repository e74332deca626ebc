"""Spectra and head maps of the shown signal.

- analysis: the thread
- spectrum_page, spectrum_view, spectrogram_view: spectra
- map_page: power on the head
- source_line: the line under both pages
"""
