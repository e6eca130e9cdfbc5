import DESCore
