import Foundation
import TensorFiles
import TestSupport

/// The golden numbers of `Fixtures/claims`, made by numpy, scipy and scikit-learn.
struct ClaimsGolden: Decodable {
  struct Coverage: Decodable {
    var shrinkage: Double
    var mahalanobisNear: [Double]
    var mahalanobisFar: [Double]
    var neighboursNear: [Double]
    var neighboursFar: [Double]
    var negatives: [Double]
    var positives: [Double]
    var auroc: Double
    var fprAt95Recall: Double
    var percentiles: [Double]
  }

  struct Probe: Decodable {
    var coef: [[Double]]
    var intercept: [Double]
    var probabilities: [[Double]]
  }

  struct Stability: Decodable {
    var a: [Int]
    var b: [Int]
    var adjustedRand: Double
    var variationOfInformation: Double
    var adjustedRandOf2: Double
    var points: [[Float]]
    var hops: [[Int?]]
    var logits: [[Double]]
    var jensenShannon: [[Double]]
    var x: [Double]
    var y: [Double]
    var spearman: Double
  }

  struct Sparse: Decodable {
    var topK: Int
    var minimum: Int
    var epToSae: [[Double]]
    var saeToEp: [[Double]]
    var firing: [[Double]]
  }

  var coverage: Coverage
  var probes: [String: Probe]
  var stability: Stability
  var sparse: Sparse

  static func read() throws -> ClaimsGolden {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      ClaimsGolden.self, from: Data(contentsOf: Fixtures.url("claims/golden.json")))
  }

  static func tensors(_ name: String) throws -> SafetensorsFile {
    try SafetensorsFile(Fixtures.url("claims/\(name).safetensors"))
  }
}

/// The largest difference between two lists of numbers; infinite for lists of different lengths.
func largestDifference(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

func largestDifference(_ a: [Float], _ b: [Float]) -> Double {
  largestDifference(a.map(Double.init), b.map(Double.init))
}
