import Foundation
import TensorFiles
import TestSupport

/// The golden numbers of `Fixtures/claims`, made by numpy, scipy and scikit-learn.
struct ClaimsGolden: Decodable {
  struct Coverage: Decodable {
    var shrinkage: Double
    var mahalanobis_near: [Double]
    var mahalanobis_far: [Double]
    var neighbours_near: [Double]
    var neighbours_far: [Double]
    var negatives: [Double]
    var positives: [Double]
    var auroc: Double
    var fpr_at_95_recall: Double
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
    var adjusted_rand: Double
    var variation_of_information: Double
    var adjusted_rand_of_2: Double
    var points: [[Float]]
    var hops: [[Int?]]
    var logits: [[Double]]
    var jensen_shannon: [[Double]]
    var x: [Double]
    var y: [Double]
    var spearman: Double
  }

  struct Sparse: Decodable {
    var top_k: Int
    var minimum: Int
    var ep_to_sae: [[Double]]
    var sae_to_ep: [[Double]]
    var firing: [[Double]]
  }

  var coverage: Coverage
  var probes: [String: Probe]
  var stability: Stability
  var sparse: Sparse

  static func read() throws -> ClaimsGolden {
    try JSONDecoder().decode(
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
