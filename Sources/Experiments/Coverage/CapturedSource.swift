import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics

/// Documents whose activations are captured while they are asked for.
///
/// As in the reference, position 0 of every document is left out, and a document ends after `contextLength` tokens of its
/// own. What the tokenizer puts around a text (BOS) is put around both kinds and not counted among them.
package enum CapturedSource {
  /// Tokens of a document, as in the reference.
  package static let contextLength = 128
  /// Documents that go through the model at once.
  private static let documentsPerBatch = 16

  /// Each line of a text as a document.
  ///
  /// - Throws: `missing` for text without lines of at least two tokens.
  package static func documents(
    ofLines text: String, _ tokenizer: Tokenizer, file: String
  ) throws -> [[Int]] {
    let documents = text.split(whereSeparator: \.isNewline).map { line in
      let tokens = tokenizer.encode(String(line), addSpecial: false, parseSpecial: false)
      return tokens.isEmpty ? [] : surrounded(Array(tokens.prefix(contextLength)), tokenizer)
    }.filter { $0.count > 1 }
    guard !documents.isEmpty else {
      throw ExperimentError(.missing, "expected lines of text, found none", file: file)
    }
    return documents
  }

  private static func surrounded(_ tokens: [Int], _ tokenizer: Tokenizer) -> [Int] {
    tokenizer.prefix + tokens + tokenizer.suffix
  }

  /// Documents of uniformly random token ids, with at least `count` activations in all.
  ///
  /// - Parameter vocabularySize: of the model; a special token, which could begin another document, gives its place to the
  ///   next id that is none.
  package static func randomDocuments(
    activations count: Int, vocabularySize: Int, _ tokenizer: Tokenizer, seed: UInt64
  ) -> [[Int]] {
    let perDocument = surrounded([], tokenizer).count + contextLength - 1
    let documents = (count + perDocument - 1) / perDocument
    return (0..<documents).map { document in
      let tokens = (0..<contextLength).map { position in
        let index = UInt64(document * contextLength + position)
        var id = Int(SeededNumbers.value(seed: seed, index: index) % UInt64(vocabularySize))
        for _ in 0..<vocabularySize where tokenizer.isSpecial(id) { id = (id + 1) % vocabularySize }
        return id
      }
      return surrounded(tokens, tokenizer)
    }
  }

  /// A source of these documents' activations at `hook`.
  package static func input(
    _ name: String, _ documents: [[Int]], at hook: HookPoint, _ engine: any Engine
  ) -> Coverage.Input {
    Coverage.Input(name: name, file: name) { body in
      for start in stride(from: 0, to: documents.count, by: documentsPerBatch) {
        let chosen = Array(documents[start..<min(start + documentsPerBatch, documents.count)])
        let output = try engine.forward(.tokens(chosen), reading: [hook], logits: .none)
        let batch = batch(
          chosen, output.hooks[hook] ?? [], width: engine.description.width(at: hook),
          firstDocument: start)
        if try !body(batch) { return }
      }
    }
  }

  private static func batch(
    _ documents: [[Int]], _ activations: [Float], width: Int, firstDocument: Int
  ) -> ActivationBatch {
    var (rows, documentOfRow, positions) = ([Float](), [Int32](), [Int32]())
    var first = 0
    for (index, document) in documents.enumerated() {
      rows.append(contentsOf: activations[(first + 1) * width..<(first + document.count) * width])
      documentOfRow.append(
        contentsOf: repeatElement(Int32(firstDocument + index), count: document.count - 1))
      positions.append(contentsOf: (1..<Int32(document.count)))
      first += document.count
    }
    return ActivationBatch(
      rows: rows, count: positions.count, documentOfRow: documentOfRow, positions: positions)
  }
}
