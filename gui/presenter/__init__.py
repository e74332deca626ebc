"""Stimuli in a window that is locked to the frames of its screen.

- scene: the contents of the window, frame by frame
- canvas: painting and showing one frame, with OpenGL or without
- stimulus_window: the window and its keys
- presenter: frames, markers and the log of frames
"""
