import Experiments
import Foundation
import Storage
import TensorFiles

/// Comparisons kept for next time, one file for two identities and the stores that they were followed by: a line with the hash of
/// what follows, and JSON.
package struct ComparisonCache {
  package struct Entry: Codable {
    package var comparison: DictionaryComparison
    package var nulls: [ComparisonNull]
  }

  let folder: URL
  /// Goes up when a comparison of the same two would say something else.
  private static let version = 3

  private func url(_ a: String, _ b: String, _ stores: AttachedStores) -> URL {
    let hashes = [stores.a, stores.b].map { $0?.contentHash?.prefix(16) ?? "none" }
    return folder.appending(path: "comparisons-\(Self.version)")
      .appending(path: "\(a)-\(b)-\(hashes[0])-\(hashes[1]).json")
  }

  /// What was cached, if it can be read, is as it was written and of these two.
  func read(
    _ a: DictionaryFile, _ b: DictionaryFile, _ stores: AttachedStores, names: (String, String)
  ) -> Entry? {
    guard let data = try? OrdinaryFile.data(url(a.identity, b.identity, stores)),
      let json = Self.unsealed(data),
      var cached = Self.entry(json, regionsA: a.regionCount, regionsB: b.regionCount),
      cached.comparison.a.identity == a.identity, cached.comparison.b.identity == b.identity
    else { return nil }
    (cached.comparison.a.name, cached.comparison.b.name) = names
    return cached
  }

  /// What JSON says of two dictionaries of so many regions; `nil` where no comparison of them could.
  package static func entry(_ json: Data, regionsA: Int, regionsB: Int) -> Entry? {
    guard let entry = try? JSONDecoder().decode(Entry.self, from: json),
      entry.comparison.isSound(regionsA: regionsA, regionsB: regionsB),
      entry.nulls.allSatisfy(\.isSound)
    else { return nil }
    return entry
  }

  /// A cache that cannot be written only costs time.
  func keep(_ cached: Entry, _ stores: AttachedStores) {
    let url = url(cached.comparison.a.identity, cached.comparison.b.identity, stores)
    try? FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard let data = try? JSONEncoder().encode(cached), let file = try? OutputFile(url) else {
      return
    }
    try? file.write(Array("\(SHA256.hexDigest(of: data))\n".utf8) + data)
    try? file.commit()
  }

  /// What follows the hash, if that is its own: a figure with a bit flipped reads like any other.
  private static func unsealed(_ data: Data) -> Data? {
    guard let end = data.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let json = Data(data[data.index(after: end)...])
    return Data(SHA256.hexDigest(of: json).utf8) == data[..<end] ? json : nil
  }
}
