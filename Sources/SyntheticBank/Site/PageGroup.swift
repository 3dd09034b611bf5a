/// The parts of the bank's site.
enum Section: String, CaseIterable {
    case home, accounts, savings, deposits, cards, mortgages, loans, carLoans, insurance, investments, pensions, student, business
    case travel, locator, support, security, complaints, careers, legal, about, login, search

    /// First path component.
    var path: String {
        switch self {
        case .home: ""
        case .accounts: "current-accounts"
        case .deposits: "term-deposits"
        case .cards: "credit-cards"
        case .loans: "personal-loans"
        case .carLoans: "car-loans"
        case .travel: "travel-money"
        case .locator: "find-us"
        case .security: "security-centre"
        default: rawValue
        }
    }

    /// Name as it stands in page titles.
    var title: String {
        switch self {
        case .home: "Personal banking"
        case .accounts: "Current accounts"
        case .savings: "Savings"
        case .deposits: "Term deposits"
        case .cards: "Credit cards"
        case .mortgages: "Mortgages"
        case .loans: "Personal loans"
        case .carLoans: "Car loans"
        case .insurance: "Insurance"
        case .investments: "Investments"
        case .pensions: "Pensions"
        case .student: "Student banking"
        case .business: "Business banking"
        case .travel: "Travel money"
        case .locator: "Find us"
        case .support: "Help and support"
        case .security: "Security centre"
        case .complaints: "Complaints"
        case .careers: "Careers"
        case .legal: "Legal"
        case .about: "About us"
        case .login: "Log in"
        case .search: "Search results"
        }
    }
}

/// What a page is for. Dwell time and scroll depth depend on it.
enum Role: Int, CaseIterable {
    case hub, product, compare, rates, calculator, eligibility, apply, documents, faq, guide, terms, contact, form, article, results

    /// Place among all roles.
    var index: Int { rawValue }

    /// As in addresses and plans.
    var name: String { String(describing: self) }

    /// Mean of the logarithm of dwell in seconds when nothing special is going on.
    var logDwell: Double {
        switch self {
        case .hub, .results: 2.5
        case .product, .rates, .faq, .contact: 3.4
        case .compare, .eligibility, .article: 3.8
        case .calculator, .documents: 3.9
        case .guide, .form: 4.1
        case .apply: 4.3
        case .terms: 3.0
        }
    }

    /// Expected share of the page that is scrolled through when nothing special is going on.
    var scroll: Double {
        switch self {
        case .hub, .contact, .results: 0.35
        case .calculator, .eligibility, .apply, .form: 0.6
        case .product, .rates, .compare, .faq, .documents: 0.55
        case .guide, .article: 0.65
        case .terms: 0.3
        }
    }

    /// Value of the exported `event` column.
    func event(in section: Section) -> String {
        if section == .login { return "login" }
        return switch self {
        case .calculator: "calculate"
        case .eligibility, .apply, .form: "form"
        case .documents: "download"
        case .results: "search"
        default: "view"
        }
    }
}

/// Pages of one section with one role: the unit in which plans are written. Its pages are its *variants*.
struct PageGroup {
    var section: Section
    var role: Role
    /// Pages of the group are `firstPage ..< firstPage + variants`.
    var firstPage: Int
    var variants: Int
}

/// One page of the site.
struct Page {
    var url: String
    var title: String
    var group: Int
    var variant: Int
}
