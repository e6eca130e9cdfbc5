import CHiredis
import DESCore
