"""Read thousands of synthesised pages whose digits are known: test digits of MNIST on any paper."""
