"""The few compiled loops. Each stands beside a slow plain reference in tests/kernels."""
