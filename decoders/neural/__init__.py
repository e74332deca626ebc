"""Networks as decoders: training, storage, live decoding.

- training, checkpoint: the training loop; device: choice of CPU or GPU for training
- one_thread: limit of PyTorch to one thread
- weights, onnx_export, serving: stored weights, and runtimes that compute predictions
- aligned_network: a network with Euclidean alignment; base_montage: its use with other headsets
- network_decoder: motor imagery
- histn_decoder: emotion
- duin_base, duin_pretraining, duin_decoder: speech
- seen_images_decoder: images
- fleeg_decoder: federated training of sites with different headsets
"""
