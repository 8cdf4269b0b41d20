import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles

/// The reference's calibration cache: `center`, `threshold`, `n_activations`, `percentile` and `version`.
package enum CalibrationFile {
  /// The version whose centre is computed as here; older ones used a Euclidean mean.
  static let version: Int64 = 2

  /// Fails where the cache of a calibration could not say its p and n.
  package static func checkWritable(_ calibration: Calibration, _ url: URL) throws {
    guard calibration.activationCount != nil, calibration.percentile != nil else {
      throw ExperimentError(
        .missing,
        "expected a calibration that says its p and n, found one of a dictionary that does not",
        file: url.lastPathComponent)
    }
  }

  /// Writes the reference's cache: θ and p in f32, as it has them.
  package static func write(_ calibration: Calibration, to url: URL) throws {
    try checkWritable(calibration, url)
    guard let count = calibration.activationCount, let percentile = calibration.percentile else {
      return
    }
    try NPZWriter.write(
      [
        ("center", NumPyOutput(calibration.centre, shape: [calibration.centre.count])),
        ("threshold", NumPyOutput([Float(calibration.threshold)], shape: [])),
        ("n_activations", NumPyOutput([Int64(count)], shape: [])),
        ("percentile", NumPyOutput([Float(percentile)], shape: [])),
        ("version", NumPyOutput([Int32(version)], shape: [])),
      ], to: url)
  }

  /// The calibration of a dictionary (.epdict, or the reference's pickle), or the reference's cache of one (.npz).
  ///
  /// - Returns: with the dictionary, where it is one's.
  package static func open(_ url: URL) throws -> (Calibration, of: DictionaryFile?) {
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard isThere else {
      throw ExperimentError(
        .missing, "expected a calibration (.npz) or a dictionary, found no such file",
        file: url.lastPathComponent)
    }
    guard isFolder.boolValue || ["pkl", "pickle"].contains(url.pathExtension.lowercased()) else {
      return (try read(url), nil)
    }
    let file = try DictionaryLocation.open(url)
    let calibration = Calibration(
      centre: try file.centre(), threshold: file.threshold,
      activationCount: file.provenance.calibrationActivations,
      percentile: file.provenance.percentile)
    return (calibration, file)
  }

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
