"""Presentation of stimuli in a window that is synchronised to the screen's frames.

- scene: the interface of the contents of the window
- canvas: painting and showing of one frame, with OpenGL or without
- stimulus_window: the window and its keys
- presenter: frames, markers and the log of frames
- screens: the list of connected screens
"""
