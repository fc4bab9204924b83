//! Customers: making, changing and deleting them.

use serde_json::{Map, Value, json};

use crate::book::{Book, Context};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::objects::customer::Customer;
use crate::objects::payment_method::PaymentMethod;
use crate::params::Params;

/// What a customer shall be, or what shall change. An empty text unsets.
#[derive(Debug, Default)]
pub(crate) struct Details {
    address: Option<Value>,
    default_payment_method: Option<String>,
    description: Option<String>,
    email: Option<String>,
    metadata: Option<Change>,
    name: Option<String>,
    /// A method that the new customer shall have from the start.
    pub(crate) payment_method: Option<String>,
    phone: Option<String>,
    preferred_locales: Vec<String>,
    shipping: Option<Value>,
}

impl Details {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let default_payment_method = match params.nested("invoice_settings")? {
            None => None,
            Some(mut settings) => {
                let method = settings.string("default_payment_method")?;
                settings.finish()?;
                method
            }
        };
        let email = params.string("email")?;
        if let Some(text) = email.as_ref().filter(|text| !text.is_empty() && !is_email(text)) {
            return Err(Error::parameter("email_invalid", &format!("Invalid email address: {text}"), "email"));
        }
        let details = Self {
            address: params.raw("address"),
            default_payment_method,
            description: params.string("description")?,
            email,
            metadata: params.metadata()?,
            name: params.string("name")?,
            payment_method: params.filled("payment_method")?,
            phone: params.string("phone")?,
            preferred_locales: params.strings("preferred_locales")?,
            shipping: params.raw("shipping"),
        };
        params.finish()?;
        Ok(details)
    }

    /// What a buyer said about themselves while paying.
    pub(crate) fn of_payer(name: Option<String>, email: Option<String>) -> Self {
        Self { name, email, ..Self::default() }
    }

    fn apply(self, customer: &mut Customer) -> Result<(), Error> {
        if let Some(change) = &self.metadata {
            change.apply(&mut customer.metadata)?;
        }
        let set = |slot: &mut Option<String>, text: Option<String>| {
            if let Some(text) = text {
                *slot = Some(text).filter(|text| !text.is_empty());
            }
        };
        set(&mut customer.default_payment_method, self.default_payment_method);
        set(&mut customer.description, self.description);
        set(&mut customer.email, self.email);
        set(&mut customer.name, self.name);
        set(&mut customer.phone, self.phone);
        if let Some(address) = self.address {
            customer.address = whole_address(&address);
        }
        if let Some(shipping) = self.shipping {
            customer.shipping = shipping.as_object().map(|fields| {
                json!({
                    "address": whole_address(fields.get("address").unwrap_or(&Value::Null)),
                    "name": fields.get("name"),
                    "phone": fields.get("phone"),
                })
            });
        }
        if !self.preferred_locales.is_empty() {
            customer.preferred_locales = self.preferred_locales;
        }
        Ok(())
    }
}

/// Whether this can be an email address: something, an at sign, and a name with a dot.
pub(crate) fn is_email(text: &str) -> bool {
    let domain = text.split_once('@').filter(|(user, _)| !user.is_empty()).map(|(_, domain)| domain);
    domain.is_some_and(|domain| domain.contains('.') && !domain.contains('@') && !domain.starts_with('.'))
        && !text.contains(char::is_whitespace)
}

/// The address with every field of Stripe's; an empty one is none.
fn whole_address(address: &Value) -> Option<Value> {
    let sent = address.as_object()?;
    let field = |name: &&str| {
        let text = sent.get(*name).filter(|text| text.as_str() != Some(""));
        ((*name).to_owned(), text.cloned().unwrap_or_default())
    };
    let fields: Map<String, Value> =
        ["city", "country", "line1", "line2", "postal_code", "state"].iter().map(field).collect();
    Some(Value::Object(fields))
}

impl Book {
    /// The customer that a parameter `customer` names.
    pub(crate) fn customer_named(&self, id: &str) -> Result<Customer, Error> {
        let customer = self.customers.get(id).filter(|customer| !customer.deleted);
        customer.cloned().ok_or_else(|| Error::no_such_reference("customer", id, "customer"))
    }

    /// The customer at this address, which may have been deleted.
    pub(crate) fn customer(&self, id: &str) -> Result<Customer, Error> {
        self.customers.get(id).cloned().ok_or_else(|| Error::no_such("customer", id, "id"))
    }

    /// The customer at this address, to be changed.
    fn living_customer(&self, id: &str) -> Result<Customer, Error> {
        self.customer(id).and_then(|customer| {
            if customer.deleted { Err(Error::no_such("customer", id, "id")) } else { Ok(customer) }
        })
    }

    pub(crate) fn create_customer(&mut self, context: &Context, mut details: Details) -> Result<Value, Error> {
        let method = details.payment_method.take();
        let mut customer = Customer {
            id: ids::fresh("cus"),
            created: context.now(),
            address: None,
            default_payment_method: None,
            deleted: false,
            description: None,
            email: None,
            metadata: Metadata::new(),
            name: None,
            phone: None,
            preferred_locales: Vec::new(),
            shipping: None,
        };
        details.apply(&mut customer)?;
        let method = method.map(|method| self.attachable(context, &method, &customer.id)).transpose()?;
        let json = customer.to_json();
        self.emit(context, "customer.created", &json, None);
        self.put_customer(customer);
        if let Some(method) = method {
            self.put_attached(context, method);
        }
        Ok(json)
    }

    pub(crate) fn update_customer(&mut self, context: &Context, id: &str, details: Details) -> Result<Value, Error> {
        let mut customer = self.living_customer(id)?;
        if let Some(method) = details.default_payment_method.as_ref().filter(|method| !method.is_empty()) {
            let own = self.methods.get(method).is_some_and(|method| method.customer.as_deref() == Some(id));
            if !own {
                let param = "invoice_settings[default_payment_method]";
                let message = format!(
                    "The customer does not have a payment method with the ID {method}. The payment method must be attached to the customer."
                );
                return Err(Error::rule("resource_missing", &message).with("param", param));
            }
        }
        let before = customer.to_json();
        details.apply(&mut customer)?;
        let json = customer.to_json();
        self.emit(context, "customer.updated", &json, Some(&former(&before, &json)));
        self.put_customer(customer);
        Ok(json)
    }

    /// Deletes the customer for good; the payment methods cannot be used any more.
    pub(crate) fn delete_customer(&mut self, context: &Context, id: &str) -> Result<Value, Error> {
        let mut customer = self.living_customer(id)?;
        let own = |method: &&PaymentMethod| method.customer.as_deref() == Some(id);
        let methods: Vec<PaymentMethod> = self.methods.rows().iter().filter(own).cloned().collect();
        for method in methods {
            self.put_detached(context, method);
        }
        self.emit(context, "customer.deleted", &customer.to_json(), None);
        customer = Customer {
            address: None,
            default_payment_method: None,
            deleted: true,
            description: None,
            email: None,
            metadata: Metadata::new(),
            name: None,
            phone: None,
            preferred_locales: Vec::new(),
            shipping: None,
            ..customer
        };
        let json = customer.to_json();
        self.put_customer(customer);
        Ok(json)
    }
}

/// The former values of the fields that changed.
pub(crate) fn former(before: &Value, after: &Value) -> Value {
    let fields = before.as_object().into_iter().flatten();
    let changed = fields.filter(|(name, value)| after.get(*name) != Some(value));
    Value::Object(changed.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_have_a_user_and_a_domain() {
        for good in ["ada@example.com", "a.b+c@mail.example.org"] {
            assert!(is_email(good), "{good}");
        }
        for wrong in ["", "ada", "@example.com", "ada@", "ada@localhost", "a@b@c.d", "a b@c.d", "ada@.com"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
