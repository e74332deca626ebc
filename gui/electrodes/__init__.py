"""Quality of the electrodes.

- quality_view: signal quality of each channel on a head; cleaning_line: filters of the decoder
- impedance_page: impedances on a head
- state_mark: one symbol for the state of signal and engine
"""
