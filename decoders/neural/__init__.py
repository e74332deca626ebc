"""Networks as decoders: training, storage, serving.

- training, checkpoint: the training loop; device: where it trains
- one_thread: PyTorch on one thread while our own work lasts
- weights, onnx_export, serving: from weights to predictions
- aligned_network: a network behind alignment; base_montage: its base models on other headsets
- network_decoder: motor imagery
- histn_decoder: emotion
- duin_base, duin_pretraining, duin_decoder: speech
- seen_images_decoder: images
- fleeg_decoder: sites with unlike headsets
"""
