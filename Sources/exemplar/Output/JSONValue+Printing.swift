import Experiments

typealias JSONValue = Experiments.JSONValue
typealias ClaimReport = Report

extension JSONValue {
  func print() { Swift.print(text) }
}
