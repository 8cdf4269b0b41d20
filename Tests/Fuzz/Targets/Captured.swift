import Experiments
import Foundation
import Storage
import TensorFiles

/// What other programs wrote: workers that capture, hubs, judges and those that suggest.
extension FuzzTarget {
  static let captured: [FuzzTarget] = [
    // The tensors behind the texts, from the fourth byte that is in no UTF-8 text.
    FuzzTarget("capture") { bytes, scratch in
      let folder = try scratch.folder("captured")
      let names = ["documents.jsonl", "capture.json", "provenance.json", "tokens.jsonl"]
      let parts = split(bytes)
      for (name, part) in zip(names, parts) where !part.isEmpty {
        try Data(part).write(to: folder.appending(path: name))
      }
      try Data(parts.dropFirst(names.count).joined(separator: [0xFF])).write(
        to: folder.appending(path: "rows.safetensors"))
      _ = try? RecordedProvenance(folder: folder)
      _ = try? StoreImport.recorded(of: folder)
      let store = try StoreImport.plain(
        folder, elementType: .f32, classifier: .exemplar, provenance: StoreProvenance(),
        to: try scratch.url("made.epstore"), overwrite: true)
      _ = try store.documents()
      try store.verify()
    },
    // The first byte says whose.
    FuzzTarget("replies") { bytes, _ in
      let lines = bytes.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false)
      if (bytes.first ?? 0) % 2 == 0 {
        var replies = JudgeReplies(["a", "b", "c"])
        for (number, line) in lines.enumerated() { _ = try replies.read(line, number + 1) }
        _ = try replies.complete()
      } else {
        var reply = SuggestionReply()
        for line in lines { _ = reply.read(line) }
        _ = reply.answers(3)
        _ = try reply.label().get()
      }
    },
    // What lies beside a published dictionary, and a hub's listing.
    FuzzTarget("hub") { bytes, scratch in
      _ = try? PublishedMetadata(scratch.file("a_metadata.json", bytes))
      guard case .list(let entries) = try TableValue.json(bytes[...]) else { return }
      let files = try entries.compactMap { try HubFile.read($0, of: "owner/name") }
      _ = files.reduce(0) { $0 + $1.bytes }
      let repository = HubRepository(
        kind: .dataset, name: "owner/name", revision: "main",
        commit: String(repeating: "0", count: 40), files: files)
      _ = try repository.dictionary(named: "gemma-2-2b/layer_12/p10")
    },
  ]
}
