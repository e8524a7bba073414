"""Face and iris matching behind `gateway.domain.matching.Matcher`; owns ONNX and FAISS."""
