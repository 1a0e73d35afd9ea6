"""From a trained model to text-in, answer-out ONNX graphs over one weights file."""
