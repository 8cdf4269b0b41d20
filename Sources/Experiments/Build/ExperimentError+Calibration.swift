import ExemplarPartitioning

extension ExperimentError {
  /// Says whose activations could not be calibrated on.
  package static func calibrating<R>(on source: ActivationSource, _ body: () throws -> R) throws
    -> R
  {
    do {
      return try body()
    } catch let error as CalibrationError {
      throw ExperimentError(.invalidValue, "\(error)", file: source.url.lastPathComponent)
    }
  }
}
