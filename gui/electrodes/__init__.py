"""Quality of the electrodes.

- quality_view: the head beside the signal
- impedance_page: impedances
- state_mark: the state of everything in one mark
"""
