import Foundation
import FuzzTargets
import TestSupport
import Testing

/// What `make fuzz` begins with, and copies of it with seeded damage: a few seconds a target.
///
/// A trap ends the whole run: the input that did it lies in the temporary folder then, as `exemplar-fuzz-TARGET`.
@Suite(.serialized) struct FuzzTests {
  /// Of all targets together; `make test` takes a minute.
  static let seconds =
    ProcessInfo.processInfo.environment["EXEMPLAR_FUZZ_SECONDS"].flatMap(Double.init) ?? 20
  /// A reader that takes longer for a few kilobytes does not take the time that they warrant, on a busy machine either.
  static let longest = Duration.seconds(20)

  private static func corpus(_ target: FuzzTarget) throws -> [[UInt8]] {
    let folder = Fixtures.root.deletingLastPathComponent()
      .appending(path: "Fuzz/Corpora/\(target.name)")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
  }

  @Test(arguments: FuzzTarget.all.map(\.name))
  func `no input of a reader ends the process or holds it up`(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let corpus = try Self.corpus(target)
    try #require(!corpus.isEmpty)
    let last = FileManager.default.temporaryDirectory.appending(path: "exemplar-fuzz-\(name)")
    func run(_ bytes: [UInt8]) throws {
      try Data(bytes).write(to: last)
      let time = ContinuousClock().measure { target.run(bytes) }
      guard time > Self.longest else { return }
      let kept = last.appendingPathExtension("slow")
      try Data(bytes).write(to: kept)
      Issue.record("\(time) for \(bytes.count) bytes, kept as \(kept.path)")
    }
    for bytes in corpus { try run(bytes) }
    let end = ContinuousClock.now + .seconds(Self.seconds / Double(FuzzTarget.all.count))
    var damage = FileDamage(seed: 16)
    var rounds = 0
    while ContinuousClock.now < end {
      try run(damage.copy(of: corpus[rounds % corpus.count]))
      rounds += 1
    }
    try FileManager.default.removeItem(at: last)
    FuzzTarget.named(name)?.removeScratch()
  }

  @Test func `the corpora are there for every target, and small`() throws {
    let sizes = try FuzzTarget.all.flatMap { try Self.corpus($0).map(\.count) }
    #expect(sizes.count > 2 * FuzzTarget.all.count)
    #expect(sizes.reduce(0, +) < 1_000_000)
  }
}
