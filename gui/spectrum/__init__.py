"""Spectra and head maps of the shown signal.

- analysis: the thread that computes spectra and maps
- spectrum_page, spectrum_view, spectrogram_view: spectrum and spectrogram
- map_page: band power on the head
- source_line: the line under both pages, on the analysed signal
"""
