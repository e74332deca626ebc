"""Keys, mouse and gamepad driven by decisions, and released on any problem.

- settings: parameters of the bridge
- actions: a label's key, button or movement
- gate: presses by decisions, with hold-off, rate limit and longest hold
- bridge: connection to the engine, with a dead-man's switch
- presser: the process that presses, and releases when the bridge dies
- pressing: start and control of that process
- outputs: the keyboard, mouse and gamepad of the system
"""
