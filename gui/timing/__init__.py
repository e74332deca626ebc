"""The timing lab: the delay of a screen, measured by a sensor on a flashing patch.

- patch_scene: the patch, frame by frame
- measurement: patch and sensor together, until the delays are known
- delay_histogram: the delays as a picture
- window: the page of the dashboard
"""
