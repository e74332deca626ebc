"""A recorded session is decoded again and compared with the predictions that ran live.

In the order of the work: `session` reads what an engine published into a recording, `placement`
gives the recorded samples the engine's count, `models` finds the models that decoded, `again`
decodes, `matching` finds the live prediction of each window, `comparison` compares, and `verify`
does all of it.
"""
