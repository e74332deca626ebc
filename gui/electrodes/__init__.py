"""Quality of the electrodes.

- quality_marks: shape and colour of a quality
- quality_view: the head beside the signal
- impedance_page: impedances
"""
