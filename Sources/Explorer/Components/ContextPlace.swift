/// Which of a region's contexts.
package enum ContextKind: String, Equatable, Sendable, CaseIterable {
  case closest, boundary

  package var title: String { self == .closest ? "Closest" : "Boundary" }
}

/// One context of the selected region.
package struct ContextPlace: Equatable, Sendable {
  package var kind: ContextKind
  package var index: Int

  package init(_ kind: ContextKind = .closest, _ index: Int = 0) {
    self.kind = kind
    self.index = index
  }
}
