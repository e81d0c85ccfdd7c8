"""What can be measured in an image without a model: color, light, composition. Empty yet."""
