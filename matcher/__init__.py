"""Face and iris matching; owns ONNX and FAISS. Nothing here yet: verification is not offered."""
