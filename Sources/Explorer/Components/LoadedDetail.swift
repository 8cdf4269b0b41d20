import Storage

/// A region's detail, and where the words of a search stand in it.
package struct LoadedDetail: Equatable, Sendable {
  package var detail: RegionDetail
  /// The query the marks belong to; `nil` without one.
  package var query: SearchQuery?
  /// Per context, UTF-8 ranges in its text.
  package var closestMarks: [[Range<Int>]]
  package var boundaryMarks: [[Range<Int>]]

  package init(
    detail: RegionDetail, query: SearchQuery? = nil, closestMarks: [[Range<Int>]] = [],
    boundaryMarks: [[Range<Int>]] = []
  ) {
    self.detail = detail
    self.query = query
    self.closestMarks = closestMarks
    self.boundaryMarks = boundaryMarks
  }

  package func contexts(_ kind: ContextKind) -> [ContextText] {
    kind == .closest ? detail.closest : detail.farthest
  }

  /// The context at a place; `nil` where there is none.
  func context(_ place: ContextPlace) -> ContextText? {
    let contexts = contexts(place.kind)
    return contexts.indices.contains(place.index) ? contexts[place.index] : nil
  }

  package func marks(_ place: ContextPlace) -> [Range<Int>] {
    let marks = place.kind == .closest ? closestMarks : boundaryMarks
    return marks.indices.contains(place.index) ? marks[place.index] : []
  }
}

/// What the table shows of a region's contexts.
package struct RowText: Equatable, Sendable {
  package var text: String
  package var token: Range<Int>?
  package var marks: [Range<Int>]
  /// Whether the text is the whole document.
  package var isWhole: Bool

  package init(
    text: String, token: Range<Int>? = nil, marks: [Range<Int>] = [], isWhole: Bool = false
  ) {
    self.text = text
    self.token = token
    self.marks = marks
    self.isWhole = isWhole
  }
}
