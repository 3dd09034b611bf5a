/// What can be done in the bank's app, and the codes under which it is recorded.
enum AppOperation {
    /// Pages of these are looked at by habit; each belongs to the loan product of the same place in ``CreditProfile/products``.
    static let families = ["transfers", "card", "shopping", "funds", "insurance", "deposit"]
    private static let familyPages = ["list", "detail", "rules"]
    private static let pages = [
        "loan-terms", "loan-rates", "loan-form", "loan-calculator", "limit", "bill", "repayment-plan", "due-dates", "extension", "balance",
        "messages", "statements",
    ]
    private static let moneyOut = ["withdrawal", "transfer-out", "card-payment", "bill-payment"]
    private static let moneyIn = ["top-up", "salary", "transfer-in"]
    private static let moneyAside = ["fund-purchase", "deposit-payment"]

    /// Places in ``names``: the pages of a family stand together, in the order of ``families``.
    static let firstPage = families.count * familyPages.count
    static let terms = firstPage
    /// Rates, form and calculator.
    static let wishes = firstPage + 1...firstPage + 3
    static let limit = firstPage + 4
    static let bill = firstPage + 5
    /// Plan, due dates and extension.
    static let late = firstPage + 6...firstPage + 8
    static let balance = firstPage + 9
    static let other = firstPage + 10...firstPage + 11
    static let outgoing = firstPage + 12..<firstPage + 16
    static let incoming = firstPage + 16..<firstPage + 19
    static let aside = firstPage + 19..<firstPage + 21
    /// Any button of any page.
    static let widget = firstPage + 21

    /// The family of a page; nil for everything else.
    static func family(_ operation: Int) -> Int? { operation < firstPage ? operation / familyPages.count : nil }

    static func isPage(_ operation: Int) -> Bool { operation < outgoing.lowerBound }
    static func isMoney(_ operation: Int) -> Bool { operation >= outgoing.lowerBound && operation < widget }

    static let names: [String] =
        families.flatMap { family in familyPages.map { "\(family)-\($0)" } } + pages + moneyOut + moneyIn + moneyAside + ["widget"]

    /// The names of categories, as credit models tell them apart.
    static func category(_ operation: Int) -> String {
        isPage(operation) ? "itemClick" : isMoney(operation) ? "transformOperation" : "functionWidget"
    }

    /// Codes of an operation; buttons have three times as many.
    static func codes(_ operation: Int, _ perOperation: Int) -> Int {
        operation == widget && perOperation > 1 ? 3 * perOperation : perOperation
    }

    /// A number that tells nothing of its operation: 7,919 is a prime that does not divide 10,000, so no two codes are the same.
    static func code(_ operation: Int, _ variant: Int, _ perOperation: Int) -> String {
        let number = ((operation * perOperation + variant) * 7919 + 1234) % 10_000
        let digits = String(number)
        return "op" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
