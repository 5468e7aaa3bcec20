"""What answers a browser: the application and its routes; who may ask, what a request says, how an error looks."""
