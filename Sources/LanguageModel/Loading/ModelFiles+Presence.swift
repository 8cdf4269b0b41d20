import Foundation
import TensorFiles

extension ModelFiles {
  /// Which of the files that a model is read from are not here, by their names; empty where all are.
  ///
  /// A link of the hub cache to what was removed, or not fetched yet, is no file.
  package var missingFiles: [String] {
    switch self {
    case .gguf(let url):
      let name = url.lastPathComponent
      let parts = GGUFPartName(name).map { part in (1...part.count).map(part.sibling) } ?? [name]
      return parts.filter { !Self.isFile(url.deletingLastPathComponent().appending(path: $0)) }
    case .hub(let folder):
      func isHere(_ name: String) -> Bool { Self.isFile(folder.appending(path: name)) }
      return (["config.json"].filter { !isHere($0) }) + missingWeights(folder, isHere)
        + (["tokenizer.json"].filter { !isHere($0) })
    }
  }

  private func missingWeights(_ folder: URL, _ isHere: (String) -> Bool) -> [String] {
    let (single, index) = ("model.safetensors", "model.safetensors.index.json")
    if isHere(single) { return [] }
    guard isHere(index) else {
      // Of an index that is a link to nothing the shards are not known.
      let isIndexed =
        (try? FileManager.default.destinationOfSymbolicLink(
          atPath: folder.appending(path: index).path(percentEncoded: false))) != nil
      return [isIndexed ? index : single]
    }
    let map = try? HubConfiguration(folder.appending(path: index)).object("weight_map")?
      .allStrings()
    guard let map, !map.isEmpty else { return ["the shards that \(index) should name"] }
    return Set(map.values).sorted().filter { $0.contains("/") || !isHere($0) }
  }

  /// Whether bytes are there, behind links too.
  private static func isFile(_ url: URL) -> Bool {
    var status = stat()
    return stat(url.path(percentEncoded: false), &status) == 0
      && status.st_mode & S_IFMT == S_IFREG && status.st_size > 0
      && access(url.path(percentEncoded: false), R_OK) == 0
  }
}
