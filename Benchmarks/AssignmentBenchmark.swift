import COpenBLAS
import ExemplarPartitioning
import Foundation
import Numerics
import TensorFiles

/// Matching two dictionaries one to one, beside scipy's `linear_sum_assignment` on the same cosines.
enum AssignmentBenchmark {
  private static let dimension = 576
  private static let sizes = [(2_000, 2_000), (5_796, 1_882), (20_295, 5_796)]

  static func run(_ settings: Settings) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    print(
      "cosines of clustered unit vectors, D \(dimension); s of the assignment alone, of all with its product, and of all "
        + "had OpenBLAS made the product"
    )
    print(
      "    A ×     B  kind        ours    scipy  scipy/ours  with product  by sgemm  searches  gap    objective (ours − scipy)  peak MB"
    )
    for (a, b) in sizes {
      for kind in Kind.allCases { try runCase(a, b, kind, settings, folder) }
    }
  }

  /// How B's vectors come about.
  enum Kind: String, CaseIterable {
    /// Two dictionaries of one model: B's are A's moved a little, where there are as many, and strangers.
    case drifted
    /// Only the clusters are the same.
    case clustered
  }

  private static func runCase(
    _ countA: Int, _ countB: Int, _ kind: Kind, _ settings: Settings, _ folder: URL
  ) throws {
    let (a, b) = vectors(countA, countB, kind)
    let (fewer, more) = countA <= countB ? (a, b) : (b, a)
    let (matrix, productTime) = try seconds {
      try CosineMatrix(fewer, more, threads: settings.threads)
    }
    var times: [Double] = []
    var found: RectangularAssignment?
    for _ in 0..<(matrix.rows > 3_000 ? 1 : 3) {
      let (assignment, time) = try seconds {
        try RectangularAssignment.solve(matrix, threads: settings.threads)
      }
      times.append(time)
      found = assignment
    }
    guard let found, let time = times.min() else { return }
    let libraryTime = timeLibrary(fewer, more, settings.threads)
    let certificate = found.certificate(for: matrix)
    guard certificate.isOptimal else { throw BenchmarkError("not optimal: \(certificate)") }
    let file = folder.appending(path: "cosines.npy")
    try write(matrix, to: file)
    let peak = try MemoryBenchmark.peakMegabytes()
    let peer = try NumpyPeer("assignment_peer.py", threads: settings.threads)
    let answer = try peer.ask(
      "\(matrix.rows) \(matrix.columns) \(file.path(percentEncoded: false))"
    ).split(separator: " ")
    guard answer.count == 2, let peerTime = Double(answer[0]), let objective = Double(answer[1])
    else { throw BenchmarkError("the scipy peer answered \(answer)") }
    let difference = certificate.objective - objective
    print(
      column("\(countA)", 5), "×", column("\(countB)", 5), "",
      kind.rawValue.padding(
        toLength: 9, withPad: " ", startingAt: 0), column(time, 6), column(peerTime, 8),
      column(peerTime / time, 11, digits: 1), column(time + productTime, 13),
      column(time + libraryTime, 9),
      column("\(found.effort.searches)", 9), column("\(certificate.gap)", 4),
      column(certificate.objective, 13, digits: 6), "(\(difference))", column(peak, 8, digits: 0))
  }

  /// OpenBLAS's own product of the same shape, on its own threads, in bands that are thrown away.
  private static func timeLibrary(
    _ fewer: DirectionRows, _ more: DirectionRows, _ threads: Int
  ) -> Double {
    let band = 512
    var result = [Float](repeating: 0, count: band * more.count)
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(1) }
    return seconds {
      result.withUnsafeMutableBufferPointer { result in
        fewer.withUnsafeBufferPointer { a in
          more.withUnsafeBufferPointer { b in
            for start in stride(from: 0, to: fewer.count, by: band) {
              MatrixProducts.multiplyTransposed(
                a.baseAddress! + start * dimension, rows: min(band, fewer.count - start),
                b.baseAddress!, columns: more.count, depth: dimension,
                into: result.baseAddress!, strideC: more.count)
            }
          }
        }
      }
    }.1
  }

  /// As raw f32, a row at a time: a second copy in memory would count as ours.
  private static func write(_ matrix: CosineMatrix, to file: URL) throws {
    let output = try OutputFile(file)
    for row in 0..<matrix.rows {
      try (0..<matrix.columns).map { matrix[row: row, column: $0] }
        .withUnsafeBytes { try output.write($0) }
    }
    try output.commit()
  }

  private static func vectors(
    _ countA: Int, _ countB: Int, _ kind: Kind
  ) -> (DirectionRows, DirectionRows) {
    var random = BenchmarkRandom(seed: UInt64(countA + countB))
    let clusters = 200
    let centres = (0..<clusters * dimension).map { _ in random.gaussian() }
    func member() -> [Float] {
      let cluster = Int(random.next() % UInt64(clusters))
      return (0..<dimension).map { centres[cluster * dimension + $0] + random.gaussian() }
    }
    func unit(_ row: [Float]) -> [Float] {
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / norm }
    }
    let a = (0..<countA).map { _ in member() }
    let b = (0..<countB).map { index in
      kind == .drifted && index < countA && !index.isMultiple(of: 10)
        ? a[index].map { $0 + 0.7 * random.gaussian() } : member()
    }
    return (
      DirectionRows(a.flatMap(unit), dimension: dimension),
      DirectionRows(b.flatMap(unit), dimension: dimension)
    )
  }
}
