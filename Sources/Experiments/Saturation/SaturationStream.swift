import ExemplarPartitioning
import Foundation

/// Activations of one kind, such as mathematics or chat, document by document.
package struct SaturationStream: Sendable {
  package var name: String
  let rows: ActivationRows
  /// The rows of each document, in order; a row without a document is one of its own.
  let documents: [[Int]]

  package init(name: String, rows: ActivationRows) {
    let count = max(
      rows.documents.count, rows.documentOfRow.max().map { Int($0) + 1 } ?? 0)
    var documents = [[Int]](repeating: [], count: count)
    for (row, document) in rows.documentOfRow.enumerated() {
      documents[Int(document)].append(row)
    }
    self.init(name: name, rows: rows, documents: documents)
  }

  private init(name: String, rows: ActivationRows, documents: [[Int]]) {
    (self.name, self.rows, self.documents) = (name, rows, documents)
  }

  package var documentCount: Int { documents.count }
  package var activationCount: Int { documents.reduce(0) { $0 + $1.count } }

  /// A stream for each value that a field has over the documents, in the order of the values.
  ///
  /// - Parameter value: of a document's text; `nil` leaves it out.
  /// - Returns: the streams, and how many documents were left out.
  package func divided(
    by value: (String) -> String?
  ) -> (streams: [SaturationStream], left: Int) {
    var groups: [String: [[Int]]] = [:]
    var left = 0
    for (index, own) in documents.enumerated() {
      guard rows.documents.indices.contains(index), let group = value(rows.documents[index]) else {
        left += 1
        continue
      }
      groups[group, default: []].append(own)
    }
    return (
      groups.keys.sorted().map {
        SaturationStream(name: $0, rows: rows, documents: groups[$0] ?? [])
      }, left
    )
  }
}

/// Some rows of one stream that stand together, as those of a document do.
struct DealtDocument {
  var stream: Int
  var rows: ArraySlice<Int>
}

/// The documents of streams in one order or another, in batches of so many.
struct SaturationDeck {
  let streams: [SaturationStream]
  let documentsPerBatch: Int

  /// A stream's documents, in their own order or as the reference shuffles a list of prompts.
  func documents(of stream: Int, seed: UInt64?) -> [DealtDocument] {
    var result = streams[stream].documents.map { DealtDocument(stream: stream, rows: $0[...]) }
    if let seed {
      var generator = NumPyGenerator(seed: seed)
      generator.shuffle(&result)
    }
    return result
  }

  /// All documents shuffled together, and cut into as many streams of `count` activations as there are; a document at a cut
  /// is divided.
  func dealt(_ count: Int, seed: UInt64) -> [[DealtDocument]] {
    var pool = streams.indices.flatMap { documents(of: $0, seed: nil) }
    var generator = NumPyGenerator(seed: seed)
    generator.shuffle(&pool)
    var hands: [[DealtDocument]] = [[]]
    var room = count
    for document in pool {
      var rest = document.rows
      repeat {
        let taken = rest.prefix(room)
        hands[hands.count - 1].append(DealtDocument(stream: document.stream, rows: taken))
        (rest, room) = (rest.dropFirst(taken.count), room - taken.count)
        if room == 0 {
          if hands.count == streams.count { return hands }
          hands.append([])
          room = count
        }
      } while !rest.isEmpty
    }
    return hands
  }

  func forEachBatch(
    _ documents: [DealtDocument], _ body: (ActivationBatch) throws -> Void
  ) rethrows {
    for start in stride(from: 0, to: documents.count, by: documentsPerBatch) {
      var batch = ActivationBatch(rows: [], count: 0)
      for document in documents[start..<min(start + documentsPerBatch, documents.count)] {
        batch.rows += streams[document.stream].rows.rows(at: Array(document.rows))
        batch.count += document.rows.count
      }
      if batch.count > 0 { try body(batch) }
    }
  }
}
