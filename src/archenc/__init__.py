"""archenc."""
