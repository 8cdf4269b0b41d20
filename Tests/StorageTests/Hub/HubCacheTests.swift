import Foundation
import Storage
import TensorFiles
import TestSupport
import Testing

@Suite struct HubCacheTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, to path: String) throws {
    let url = folder.file(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func link(_ path: String, to target: String) throws {
    let url = folder.file(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: target)
  }

  @Test func `dictionaries are found behind their links, and what is half there is named as that`()
    throws
  {
    let published = "datasets--J-RUM--exemplar-partitioning"
    try write("xyz", to: "\(published)/blobs/aa")
    try write("c1", to: "\(published)/refs/main")
    try link("\(published)/snapshots/c0/m_L1_p1/m_layer1.pkl", to: "../../../blobs/aa")
    try link("\(published)/snapshots/c1/m_L1_p1/m_layer1.pkl", to: "../../../blobs/aa")
    try link("\(published)/snapshots/c1/m_L1_p2/m_layer1.pkl", to: "../../../blobs/gone")
    try write("xy", to: "\(published)/blobs/bb.incomplete")
    try write("w", to: "models--own--thing/snapshots/c/n_L2_p4/n_layer2.pkl")
    // Downloads of other things are nobody's half dictionary.
    try write("w", to: "models--other--thing/blobs/cc.incomplete")
    try write("w", to: "models--other--thing/snapshots/c/weights.pkl")

    let found = HubCacheScan(cache: folder.url).dictionaries()
    #expect(found.map(\.repository).last == "own/thing")
    #expect(
      found.map { "\($0.name?.description ?? "—") \($0.revision ?? "—") \($0.state)" } == [
        "m/1/1 c1 whole(bytes: 3)", "m/1/2 c1 missing", "m/1/1 c0 whole(bytes: 3)",
        "— — begun(bytes: 2)", "n/2/4 c whole(bytes: 1)",
      ])
  }

  @Test func `a cache that is not there has none`() {
    #expect(HubCacheScan(cache: folder.file("none")).dictionaries() == [])
  }

  @Test func `content is named as git and the hub name it`() throws {
    let file = folder.file("a")
    try Data("hello\n".utf8).write(to: file)
    let git = try #require(HubHash(git: String(repeating: "0", count: 40)))
    #expect(try git.computed(of: file).text == "ce013625030ba8dba906f756967f9e9ca394464a")
    let sha = try #require(HubHash(sha256: String(repeating: "0", count: 64)))
    #expect(
      try sha.computed(of: file).text
        == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
    // Longer than a block, and than a read.
    try Data(repeating: 0x61, count: 5_000_001).write(to: file)
    #expect(try git.computed(of: file).text == "b78aaa7290df03e3c3a7fbc96168d9a066d77306")
    #expect(HubHash(git: "xyz") == nil && HubHash(sha256: "xyz") == nil)
  }

  @Test func `folders of the hub are those that the Hugging Face libraries name`() {
    func cache(_ environment: [String: String]) -> String {
      HubFolders(environment: environment).cache.path
    }
    let home = ["HOME": "/h"]
    #expect(cache(home) == "/h/.cache/huggingface/hub")
    #expect(cache(home.merging(["XDG_CACHE_HOME": "/x"]) { $1 }) == "/x/huggingface/hub")
    #expect(cache(home.merging(["HF_HOME": "~/f"]) { $1 }) == "/h/f/hub")
    #expect(cache(home.merging(["HF_HOME": "$BASE/f", "BASE": "/b"]) { $1 }) == "/b/f/hub")
    #expect(cache(home.merging(["HF_HUB_CACHE": "/c", "HF_HOME": "/f"]) { $1 }) == "/c")
    #expect(cache(home.merging(["HUGGINGFACE_HUB_CACHE": "/o"]) { $1 }) == "/o")
  }
}
