"""The timing lab: measures the delay of a screen by a sensor on a flashing patch.

- patch_scene: the patch, as a scene of the presenter
- measurement: one measurement with patch and sensor
- delay_histogram: the histogram of delays
- window: the window of the timing lab
"""
