"""The head: electrodes, and signals between electrodes.

- electrodes: names and positions of the 10-05 system
- remap: channels of one montage from those of another
"""
