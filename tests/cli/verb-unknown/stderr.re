no verb is called 'frobnicate'
