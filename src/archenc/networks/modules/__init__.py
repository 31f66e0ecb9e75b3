"""Any `torch.nn.Module` as an architecture: traced, its operations described by type and shape."""
