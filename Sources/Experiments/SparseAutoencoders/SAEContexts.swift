import ExemplarPartitioning
import Foundation

/// Where a region or a feature is most active: some text around the token.
package struct SAEPlace: Sendable, Equatable {
  /// A part of the document.
  package var text: String
  /// UTF-8 range of the token in `text`; `nil` where tokens were not recorded.
  package var token: Range<Int>?
  package var position: Int
  package var activation: Float

  /// UTF-8 bytes kept to each side of the token.
  static let reach = 120

  /// - Parameters:
  ///   - ends: the UTF-8 offset in the document after each token.
  ///   - position: the token's.
  init(_ document: String, ends: [Int32]?, position: Int, activation: Float) {
    let bytes = Array(document.utf8)
    self.position = position
    self.activation = activation
    /// The next place at which a character begins.
    func boundary(_ offset: Int) -> Int {
      var offset = min(max(0, offset), bytes.count)
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      return offset
    }
    guard let ends, ends.indices.contains(position) else {
      text = String(decoding: bytes[..<boundary(2 * Self.reach)], as: UTF8.self)
      return
    }
    let end = boundary(Int(ends[position]))
    let start = min(end, boundary(position == 0 ? 0 : Int(ends[position - 1])))
    let (from, to) = (boundary(start - Self.reach), boundary(end + Self.reach))
    text = String(decoding: bytes[from..<to], as: UTF8.self)
    token = start - from..<end - from
  }
}

/// The documents that rows are of, gathered while they stream by.
struct RowPlaces {
  private var documentOfRow: [Int32] = []
  private var positions: [Int32] = []
  private(set) var documents: [String] = []

  mutating func add(_ batch: ActivationBatch) {
    guard batch.documentOfRow.count == batch.count, batch.positions.count == batch.count else {
      return
    }
    documentOfRow += batch.documentOfRow
    positions += batch.positions
    documents += batch.documents
  }

  /// - Parameter ends: of every document, as ``ActivationSource/tokenEnds(of:)`` gives them.
  func place(_ row: Int32, activation: Float, ends: [[Int32]?]?) -> SAEPlace? {
    guard documentOfRow.indices.contains(Int(row)) else { return nil }
    let document = Int(documentOfRow[Int(row)])
    guard documents.indices.contains(document) else { return nil }
    let own = ends.flatMap { $0.indices.contains(document) ? $0[document] : nil }
    return SAEPlace(
      documents[document], ends: own, position: Int(positions[Int(row)]), activation: activation)
  }
}
