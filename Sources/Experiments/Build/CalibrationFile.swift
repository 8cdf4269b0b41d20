import ExemplarPartitioning
import Foundation
import TensorFiles

/// The reference's calibration cache: `center`, `threshold`, `n_activations`, `percentile` and `version`.
package enum CalibrationFile {
  /// The version whose centre is computed as here; older ones used a Euclidean mean.
  static let version: Int64 = 2

  /// - Throws: `ExperimentError` where a value is missing, of another version, or makes no sense.
  package static func read(_ url: URL) throws -> Calibration {
    let file = url.lastPathComponent
    do {
      let archive = try NPZArchive(url)
      func scalar(_ name: String) throws -> Double {
        let values = try archive.array(name).doubles()
        guard values.count == 1, values[0].isFinite else {
          throw ExperimentError(
            .invalidValue, "\(name): expected one finite number, found \(values.count) values",
            file: file)
        }
        return values[0]
      }
      let found = archive.contains("version") ? Int64(try scalar("version")) : 1
      guard found == version else {
        throw ExperimentError(
          .mismatch, "expected a calibration of version \(version), found \(found)", file: file)
      }
      let centre = try archive.array("center")
      let values = try centre.floats()
      guard centre.shape.count == 1, !values.isEmpty, values.allSatisfy(\.isFinite) else {
        throw ExperimentError(
          .invalidValue, "center: expected finite values of shape [D], found \(centre.shape)",
          file: file)
      }
      let threshold = try scalar("threshold")
      guard threshold > 0 else {
        throw ExperimentError(
          .invalidValue, "threshold: expected more than 0, found \(threshold)", file: file)
      }
      return Calibration(
        centre: values, threshold: threshold, activationCount: Int(try scalar("n_activations")),
        percentile: try scalar("percentile"))
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
  }
}
