"""Keys, mouse and gamepad driven by decisions, and released whenever anything is wrong.

- settings: parameters of the bridge
- actions: a label's key, button or movement
- gate: decisions to what is pressed now, with hold-off, rate limit and longest hold
- bridge: follows the engine; a dead-man's switch
- presser: the process that presses, and releases when the bridge dies
- outputs: the keyboard, mouse and gamepad of the system
"""
