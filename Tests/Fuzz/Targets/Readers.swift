import Engines
import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

extension FuzzTarget {
  static let arrays: [FuzzTarget] = [
    FuzzTarget("npy") { bytes, _ in try read(NumPyArray(npy: bytes)) },
    FuzzTarget("npz") { bytes, _ in
      let archive = try NPZArchive(ByteStorage(bytes))
      for name in archive.names.prefix(8) {
        _ = try? archive.outline(name)
        if let array = try? archive.array(name) { read(array) }
      }
    },
    FuzzTarget("pickle") { bytes, scratch in
      _ = try? Pickle.load(bytes)
      _ = try ReferencePickle.read(scratch.file("a.pkl", bytes))
    },
    FuzzTarget("safetensors") { bytes, _ in
      let file = try SafetensorsFile(ByteStorage(bytes))
      for name in file.names.prefix(8) {
        _ = try? file.floats(name)
        _ = try? file.int64s(name)
        _ = try? file.floats(name, rows: 0..<1)
      }
    },
    FuzzTarget("message") { bytes, _ in
      var reader = MessageReader()
      // As a pipe may cut it.
      let half = bytes.count / 2
      for part in [bytes[..<half], bytes[half...]] {
        reader.append(part)
        while let message = try reader.next() {
          for name in message.tensorNames.prefix(8) {
            _ = try? message.integers(name)
            _ = try? message.bytes(name)
            _ = try? message.floats(name, shape: [message.rowCount(name) ?? 1, 4])
          }
          _ = try LoadedDescription(reply: message.text)
        }
      }
    },
    FuzzTarget("gguf") { bytes, scratch in
      let url = try scratch.file("a.gguf", bytes)
      let file = try GGUFFile(url)
      for name in file.tensorNames.prefix(16) {
        let values: () throws -> [Float] = { try file.floats(name) }
        _ = try? values()
      }
      _ = try? ModelDescription(.gguf(url))
      encode(try TokenizerLoader.fromGGUF(metadata: file))
    },
    // The weights behind the settings, from the first byte that is in no UTF-8 text.
    FuzzTarget("sae") { bytes, scratch in
      let parts = split(bytes)
      let folder = try scratch.folder("sae")
      try Data(parts[0]).write(to: folder.appending(path: "cfg.json"))
      try Data(parts.dropFirst().joined(separator: [0xFF])).write(
        to: folder.appending(path: "sae_weights.safetensors"))
      _ = try SparseAutoencoder(folder)
    },
  ]

  static let tables: [FuzzTarget] = [
    FuzzTarget("parquet") { bytes, scratch in
      let file = try ParquetFile(scratch.file("a.parquet", bytes))
      for name in file.columnNames.prefix(16) { _ = try? file.values(name) }
    },
    // The first byte says by which name.
    FuzzTarget("table") { bytes, scratch in
      let names = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.csv.gz", "a.json.gz"]
      let name = names[Int(bytes.first ?? 0) % names.count]
      let body = Array(bytes.dropFirst())
      _ = try? TextTable(
        body, file: name, TextTable.Fields(main: ["prompt", "text"], other: ["id"], isOpen: true))
      let url = try scratch.file(name, body)
      _ = try? PromptSet(url)
      _ = try? AnswerFile(url)
      _ = try? DocumentFields(labels: url)
      _ = try ConceptFile.read([url])
    },
  ]

  private static func read(_ array: NumPyArray) {
    _ = try? array.floats()
    _ = try? array.int64s()
    _ = try? array.strings()
    _ = try? array.floats(rows: 0..<1)
    _ = array.objects
  }

  static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: 0xFF, omittingEmptySubsequences: false)
  }

  /// Texts of many scripts there and back.
  static func encode(_ tokenizer: Tokenizer) {
    let texts = ["The river bank, 1234!", "naïve Zürich\u{301} 東京 🏳️‍🌈", "  \n\t<s>x</s>\u{0}", ""]
    for text in texts {
      for flag in [true, false] {
        let tokens = tokenizer.encodeWithOffsets(text, addSpecial: flag, parseSpecial: !flag)
        _ = tokenizer.decode(tokens.ids, skipSpecial: flag)
        var decoder = StreamingDecoder(tokenizer)
        for id in tokens.ids { _ = decoder.push(id) }
      }
    }
    for id in -1..<min(64, tokenizer.vocabularySize) {
      _ = tokenizer.spelling(of: id)
      _ = tokenizer.isSpecial(id)
    }
  }
}
