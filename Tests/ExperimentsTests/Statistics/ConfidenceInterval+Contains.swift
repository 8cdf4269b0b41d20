import Numerics

extension ConfidenceInterval {
  func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}
